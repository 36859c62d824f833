"""The figures that any run, model or data set can have: one noun and one function each, named by conf/figure/*.yaml."""

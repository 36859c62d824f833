"""The figures of the 16-part network: one noun and one function each, named by conf/figure/*.yaml."""

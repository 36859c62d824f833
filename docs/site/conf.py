"""How Sphinx builds the site: the pages as they lie in the repository, and one about the parts of each group."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

project = "zoo"
author = "the authors of zoo"
copyright = author
extensions = ["myst_parser", "part_pages"]
root_doc = "docs/index"
include_patterns = [
    "README.md", "CHANGELOG.md", "docs/*.md", "docs/*/*.md", "plugins/*/README.md", "examples/*/README.md",
    "examples/*/*/README.md", "benchmarks/*.md", "benchmarks/records/*/*.md",
]  # fmt: skip
exclude_patterns = [".*", "build", "conf", "runs", "src", "tests", "plugins/*/src", "plugins/*/tests", "examples/*/src"]

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 4
highlight_language = "text"  # blocks without a language are commands
html_theme = "furo"
html_title = "zoo"
html_show_copyright = False

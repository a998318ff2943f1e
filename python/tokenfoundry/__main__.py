"""`python -m tokenfoundry`: the command line."""

from tokenfoundry.cli import main

main()

"""Pure columnar pieces with a law, used by two rooms or more."""

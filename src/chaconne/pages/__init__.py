"""The pages people open, one folder each; `shared` has their one head, style, script and policy."""

"""Many studies in one run: each isolated, each computed once, and an index page that is always complete."""

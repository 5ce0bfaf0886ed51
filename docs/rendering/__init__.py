"""What docs/render.py is made of: one module a page."""

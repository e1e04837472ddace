"""Side-by-side measurements against mltu 1.2.5 and the Keras example. Run with `python -m`."""

"""Real frontends and real wrapped backends; needs an index and some minutes, hence a marker of its own."""

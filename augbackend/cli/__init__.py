"""The command line of augbackend; it may import the backend, never the other way round."""

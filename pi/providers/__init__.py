"""Wire formats: pure encoders and decoders, one module each. See `pi.providers.registry`."""

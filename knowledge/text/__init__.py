"""From bytes to lines: decoding, unwrapping, normalization, log prefixes."""

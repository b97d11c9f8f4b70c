"""What the tests with real SIP peers are written with."""

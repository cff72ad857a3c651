"""Forms of devices and of other monitors."""

"""The branch side of Siaga: gathers, encrypts, stores and forwards what a site has to tell."""

VERSION = "0.1.0"

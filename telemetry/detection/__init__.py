"""What follows from telemetry: one module for each rule, all of it plain arithmetic.

`facts` reads the present state with a fixed number of queries; the rules turn facts into claims
and neither read nor write; `telemetry.services.detection` writes what follows.
"""

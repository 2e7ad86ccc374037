"""Stand-ins that speak the providers' wire protocols, for one machine, tests and benchmarks."""

"""The fault kit: real load, real faults, and a checker that looks for anything lost, doubled or out of order."""

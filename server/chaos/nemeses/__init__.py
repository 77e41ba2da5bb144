"""Everything that is made to go wrong in a run, and how much of it one gets."""

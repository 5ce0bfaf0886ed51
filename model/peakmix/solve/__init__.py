"""From a Pyomo model to certified numbers.

`compile` turns a model into an exact affine family of arrays, `highs` and `living` solve members of it,
`certificate` checks an answer outside the solver, `infeasible` explains a missing one.
"""

"""A request on its way: who asks and may, the answer, slow work in the background, where the reply appears."""

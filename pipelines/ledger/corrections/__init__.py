"""Events about events: corrections, cancellations, costs that come later, closes of periods.

Rare, so one at a time and in plain Python; what they change is posted anew by the kernels.
"""

"""The simulated world around the control plane: it shows only what the program has earned.

Nodes shaped like the program's pools, GPUs once a device plugin runs on them, volumes once their driver is
there, load balancers once their controller is, more nodes once an autoscaler may add them.
"""

/* The one list of resources: RESOURCE(x) for resource_x of <x>.c, in alphabetical order. */
RESOURCE(host)
RESOURCE(sysctl)
RESOURCE(unit)
RESOURCE(boot)
RESOURCE(mac)
RESOURCE(port)
RESOURCE(file)
RESOURCE(logindefs)

# Tests of what reconciles a period, and of incidents as labels.

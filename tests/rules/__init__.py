# Tests of alerting rules over history.

"""`trust HOST`: an operator looks at a certificate, and on confirmation its pin is written into the configuration."""

"""What every function of the reader form begins with."""

DOMAIN = "ctckit"
HEADER = f'<domain: "{DOMAIN}", opset_import: ["": 20, "{DOMAIN}": 1]>'

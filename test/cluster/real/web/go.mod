module stratus-mcp.test/web

go 1.25.0

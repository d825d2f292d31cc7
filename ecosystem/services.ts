/**
 * What is fixed about one MCP server of the ecosystem.
 * `tools` is a small part of what it offers, never a count: the whole set grows with every release.
 * `calls` are tools that change nothing, need no argument and answer quickly without any other service.
 */
export type Service = {
  name: string;
  port: number;
  path: string;
  health: string;
  tools: readonly string[];
  calls: readonly string[];
};

/** The services, in the order they start: whoever is asked by the others comes first. */
export const services: readonly Service[] = [
  {
    name: "session-buddy",
    port: 8678,
    path: "/mcp",
    health: "/healthz",
    tools: ["ping", "server_info", "get_liveness", "status"],
    calls: ["ping", "get_liveness"],
  },
  {
    name: "akosha",
    port: 8682,
    path: "/mcp",
    health: "/healthz",
    tools: ["get_liveness", "get_system_metrics", "list_skills", "list_agents"],
    calls: ["get_liveness", "list_skills"],
  },
  {
    name: "mahavishnu",
    port: 8680,
    path: "/mcp",
    health: "/healthz",
    tools: ["list_repos", "get_health", "get_liveness", "pool_list"],
    calls: ["get_liveness", "list_repos"],
  },
];

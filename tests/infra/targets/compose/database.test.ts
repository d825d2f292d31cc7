import { describe, expect, test } from "vitest";
import { rolesOf, rolesSql } from "../../../../infra/targets/compose/database.ts";
import { containerOf, deploymentIn, describedIn, type State } from "./fixtures.ts";

describe("the database of a stack on a Docker host", () => {
  test.each<State>(["none", "stable", "candidate"])(
    "is there in every state (%s), with its roles after it",
    (state) => {
      expect(containerOf(describedIn(state), "postgres")).toMatchObject({
        image: expect.stringMatching(/^pgvector\/pgvector:pg16@sha256:/),
        user: "999:999",
        environment: { POSTGRES_PASSWORD_FILE: "/run/secrets/postgres-password" },
        network: { aliases: ["postgres"] },
      });
      expect(containerOf(describedIn(state), "postgres-roles").after).toEqual(["postgres"]);
    },
  );

  test("is the only container before the first release", () => {
    expect(describedIn("none").containers.map(({ key }) => key)).toEqual(["postgres", "postgres-roles"]);
  });

  test("has a role and a database with pgvector for each service that keeps data there, by passwords in files", () => {
    const sql = rolesSql(rolesOf(deploymentIn("stable")));
    for (const name of ["akosha", "mahavishnu"]) {
      expect(sql).toContain(`\\set password \`cat /run/secrets/${name}-database-password\`\nALTER ROLE "${name}"`);
      expect(sql).toContain(`CREATE DATABASE "${name}" OWNER "${name}"`);
      expect(sql).toContain(`\\connect "${name}"\nCREATE EXTENSION IF NOT EXISTS vector;`);
    }
    expect(sql).not.toContain("session_buddy");
    const { secrets } = containerOf(describedIn("stable"), "postgres-roles");
    const read = [...sql.matchAll(/\/run\/secrets\/([a-z-]+)/g)].map(([, name]) => name);
    expect(read).toEqual(secrets);
  });
});

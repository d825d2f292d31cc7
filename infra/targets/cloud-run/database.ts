import { RecordSet } from "@pulumi/gcp/dns/recordSet.js";
import { Database as LogicalDatabase } from "@pulumi/gcp/sql/database.js";
import { DatabaseInstance } from "@pulumi/gcp/sql/databaseInstance.js";
import { User } from "@pulumi/gcp/sql/user.js";
import * as pulumi from "@pulumi/pulumi";
import { maintenanceWindow, schedules } from "../../../ecosystem/retention.ts";
import { timeOf } from "../../backups/jobs.ts";
import type { CloudRunDeployment } from "../../deployment.ts";
import { databaseName, labelsOf, named } from "../../names.ts";
import type { Network } from "./network.ts";
import { databaseRoles } from "./secrets.ts";

type CloudDatabaseArgs = { deployment: CloudRunDeployment; network: Network };

/** The platform's maximum number of daily backups per server. */
const MOST_BACKUPS = 365;

/**
 * PostgreSQL with a database and a role for each service that needs one. pgvector needs no flag: Cloud SQL includes it, its
 * roles may create the extension, and akosha does so when it starts. Revisions use the server's name in the private zone.
 */
export class Database extends pulumi.ComponentResource {
  constructor(name: string, { deployment, network }: CloudDatabaseArgs, options: pulumi.ComponentResourceOptions) {
    super("mahavishnu:cloud-run:Database", name, {}, options);
    const { stack, settings } = deployment;
    const { project, region, zone, databaseTier } = settings.cloudRun;
    const child = { parent: this };
    const kept = { ...child, protect: true };

    const server = new DatabaseInstance(
      `${name}-server`,
      {
        name: named(stack, "postgres"),
        project,
        region,
        databaseVersion: "POSTGRES_16",
        deletionProtection: true,
        settings: {
          tier: databaseTier,
          edition: "ENTERPRISE",
          availabilityType: "ZONAL",
          // in the VM's zone; moving to another zone takes a restore, within the recovery time objective
          locationPreference: { zone },
          diskType: "PD_SSD",
          diskAutoresize: true,
          deletionProtectionEnabled: true,
          userLabels: labelsOf(stack),
          ipConfiguration: {
            ipv4Enabled: false,
            privateNetwork: network.id,
            enablePrivatePathForGoogleCloudServices: false,
            sslMode: "ENCRYPTED_ONLY",
          },
          backupConfiguration: {
            enabled: true,
            startTime: timeOf(schedules.backup),
            pointInTimeRecoveryEnabled: true,
            transactionLogRetentionDays: 7,
            backupRetentionSettings: {
              retentionUnit: "COUNT",
              retainedBackups: Math.min(settings.backups.daily, MOST_BACKUPS),
            },
          },
          maintenanceWindow: { day: maintenanceWindow.isoDay, hour: maintenanceWindow.hour, updateTrack: "stable" },
        },
      },
      { ...kept, dependsOn: network.peering },
    );
    for (const { service, name: database, user, password } of databaseRoles(deployment)) {
      new LogicalDatabase(
        `${name}-${service}`,
        { name: database, project, instance: server.name, deletionPolicy: "ABANDON" },
        kept,
      );
      // a role that owns objects cannot be dropped; it is deleted with the server
      new User(
        `${name}-${service}-role`,
        { name: user, project, instance: server.name, password, deletionPolicy: "ABANDON" },
        child,
      );
    }
    new RecordSet(
      `${name}-address`,
      {
        name: `${databaseName}.`,
        project,
        managedZone: network.zone.name,
        type: "A",
        ttl: 60,
        rrdatas: [server.privateIpAddress],
      },
      child,
    );
    this.registerOutputs({});
  }
}

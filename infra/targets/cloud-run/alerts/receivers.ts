import { NotificationChannel } from "@pulumi/gcp/monitoring/notificationChannel.js";
import { Subscription } from "@pulumi/gcp/pubsub/subscription.js";
import { Topic } from "@pulumi/gcp/pubsub/topic.js";
import { TopicIAMMember } from "@pulumi/gcp/pubsub/topicIAMMember.js";
import * as pulumi from "@pulumi/pulumi";
import type { Secret } from "../../../../ecosystem/secrets.ts";
import type { Settings } from "../../../config/schema.ts";
import type { CloudRunDeployment } from "../../../deployment.ts";
import { labelsOf, named } from "../../../names.ts";

type Receiver = Settings["alerts"]["P1"][number];
/** `agent` is the identity with which Google's monitoring publishes in the project. */
type CloudReceiversArgs = Pick<CloudRunDeployment, "stack" | "settings" | "secret"> & { agent: pulumi.Input<string> };

/** The notification channels of a stack: one per receiver that any priority uses. */
export class CloudReceivers extends pulumi.ComponentResource {
  readonly #channels = new Map<Receiver, NotificationChannel>();

  constructor(name: string, args: CloudReceiversArgs, options: pulumi.ComponentResourceOptions) {
    super("mahavishnu:observability:CloudReceivers", name, {}, options);
    const { stack, settings, secret } = args;
    const { project } = settings.cloudRun;
    const own = { parent: this };
    const channel = (receiver: Receiver, how: object) =>
      this.#channels.set(
        receiver,
        new NotificationChannel(
          `${name}-${receiver}`,
          {
            project,
            displayName: `${receiver} (${stack})`,
            userLabels: labelsOf(stack),
            ...how,
          } as ConstructorParameters<typeof NotificationChannel>[1],
          own,
        ),
      );
    for (const receiver of new Set(Object.values(settings.alerts).flat())) {
      switch (receiver) {
        case "pagerduty-routing-key":
          channel(receiver, { type: "pagerduty", sensitiveLabels: { serviceKey: secret(receiver) } });
          break;
        case "ticket-webhook-url":
          channel(receiver, { type: "webhook_tokenauth", labels: { url: secret(receiver) } });
          break;
        case "slack-webhook-url":
          channel(receiver, { type: "pubsub", labels: { topic: this.#relay(name, args) } });
      }
    }
    this.registerOutputs();
  }

  /** The channels of these receivers. */
  of(receivers: readonly Receiver[]): pulumi.Output<string>[] {
    return receivers.map((receiver) => (this.#channels.get(receiver) as NotificationChannel).id);
  }

  /** Slack's webhooks reject Google Cloud's format: a topic's subscription converts it to Slack's. */
  #relay(name: string, { stack, settings, secret, agent }: CloudReceiversArgs): pulumi.Output<string> {
    const own = { parent: this };
    const { project } = settings.cloudRun;
    const topic = new Topic(`${name}-topic`, { project, name: named(stack, "alerts"), labels: labelsOf(stack) }, own);
    new TopicIAMMember(
      `${name}-publisher`,
      { project, topic: topic.name, role: "roles/pubsub.publisher", member: agent },
      own,
    );
    new Subscription(
      `${name}-slack`,
      {
        project,
        name: named(stack, "alerts-slack"),
        topic: topic.id,
        labels: labelsOf(stack),
        ackDeadlineSeconds: 30,
        messageRetentionDuration: "3600s",
        expirationPolicy: { ttl: "" },
        retryPolicy: { minimumBackoff: "10s", maximumBackoff: "600s" },
        pushConfig: { pushEndpoint: secret("slack-webhook-url" satisfies Secret), noWrapper: { writeMetadata: true } },
        messageTransforms: [{ javascriptUdf: { functionName: "slack", code: slack } }],
      },
      own,
    );
    return topic.id;
  }
}

/**
 * Runs inside Pub/Sub: converts Google's incident into a Slack message. Attributes become headers, and Slack parses JSON
 * only with the matching content type.
 */
export const slack = `function slack(message, metadata) {
  const incident = JSON.parse(message.data).incident;
  const lines = [incident.state + ": " + incident.policy_name, incident.summary, incident.documentation && incident.documentation.content, incident.url];
  message.attributes = { "Content-Type": "application/json" };
  message.data = JSON.stringify({ text: lines.filter(Boolean).join("\\n") });
  return message;
}`;

function slack(message, metadata) {
  const incident = JSON.parse(message.data).incident;
  const lines = [incident.state + ": " + incident.policy_name, incident.summary, incident.documentation && incident.documentation.content, incident.url];
  message.attributes = { "Content-Type": "application/json" };
  message.data = JSON.stringify({ text: lines.filter(Boolean).join("\n") });
  return message;
}
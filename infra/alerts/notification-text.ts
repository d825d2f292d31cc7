/** The notification's texts, as Alertmanager templates. */
export const notificationText = {
  title: "{{ .CommonLabels.priority }} {{ .CommonLabels.alertname }} ({{ .CommonLabels.stack }})",
  text: "{{ range .Alerts }}{{ .Annotations.summary }}\n{{ .Annotations.description }}\nRunbook: {{ .Annotations.runbook_url }}\n{{ end }}",
  severity: '{{ if eq .CommonLabels.priority "P1" }}critical{{ else }}error{{ end }}',
} as const;

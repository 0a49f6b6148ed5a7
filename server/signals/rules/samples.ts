import type { SourceKind } from '../model'

interface Sample {
  event: string
  body: unknown
}

const TITLE = 'Test delivery'

/** A small payload of each tool's own shape that asks for nothing: it shows the way, and moves nobody. */
export function samplePayload(kind: SourceKind): Sample {
  return { event: '', ...samples[kind] }
}

const samples: Record<SourceKind, { event?: string; body: unknown }> = {
  github: {
    event: 'workflow_run',
    body: {
      action: 'completed',
      workflow_run: { id: 1, name: TITLE, head_branch: 'main', status: 'completed', conclusion: 'success' },
      repository: { full_name: 'test/delivery', default_branch: 'main' },
    },
  },
  gitlab: {
    event: 'pipeline',
    body: {
      object_kind: 'pipeline',
      object_attributes: { id: 1, name: TITLE, ref: 'main', status: 'success' },
      project: { path_with_namespace: 'test/delivery', default_branch: 'main' },
    },
  },
  jenkins: { body: { name: TITLE, build: { number: 1, phase: 'FINALIZED', status: 'SUCCESS' } } },
  alertmanager: {
    body: {
      version: '4',
      status: 'resolved',
      alerts: [{ status: 'resolved', labels: { alertname: TITLE, severity: 'none' }, annotations: { summary: TITLE } }],
    },
  },
  grafana: {
    body: { status: 'resolved', alerts: [{ status: 'resolved', labels: { alertname: TITLE }, fingerprint: 'test' }] },
  },
  sentry: {
    event: 'issue',
    body: { action: 'resolved', data: { issue: { id: 'test', title: TITLE, level: 'info' } } },
  },
  cdevents: {
    event: 'dev.cdevents.pipelinerun.finished.0.2.0',
    body: {
      context: { version: '0.4.1', id: 'test', source: '/test', type: 'dev.cdevents.pipelinerun.finished.0.2.0' },
      subject: { id: 'test', type: 'pipelineRun', content: { pipelineName: TITLE, outcome: 'success' } },
    },
  },
  generic: { body: { title: TITLE, severity: 'none', status: 'resolved' } },
  sarif: { body: { version: '2.1.0', runs: [{ tool: { driver: { name: TITLE } }, results: [] }] } },
}

import { exhaustive } from '#server/kernel/exhaustive'
import type { SourceKind } from './model'
import type { Source } from './ports'
import { alertmanager } from './sources/alertmanager/source'
import { cdevents } from './sources/cdevents/source'
import { generic } from './sources/generic/source'
import { github } from './sources/github/source'
import { gitlab } from './sources/gitlab/source'
import { grafana } from './sources/grafana/source'
import { jenkins } from './sources/jenkins/source'
import { sarif } from './sources/sarif/source'
import { sentry } from './sources/sentry/source'

/** Every tool that can tell us things. A new one is written here, and the contract test finds it. */
export function sourceOf(kind: SourceKind): Source {
  switch (kind) {
    case 'github':
      return github
    case 'gitlab':
      return gitlab
    case 'jenkins':
      return jenkins
    case 'alertmanager':
      return alertmanager
    case 'grafana':
      return grafana
    case 'sentry':
      return sentry
    case 'cdevents':
      return cdevents
    case 'generic':
      return generic
    case 'sarif':
      return sarif
    default:
      return exhaustive(kind)
  }
}

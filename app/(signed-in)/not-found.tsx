import { Page, PageHeader } from '#components/shell/page'
import { ButtonLink } from '#components/ui/link'

export default function NothingHere() {
  return (
    <Page state="error">
      <PageHeader
        title="There is nothing at this address"
        description="It may have been removed, the address may be incomplete, or it belongs to another organization."
      />
      <ButtonLink href="/projects" className="self-start">
        Go to the projects
      </ButtonLink>
    </Page>
  )
}

import { z } from 'zod'
import {
  correctSignal,
  dismissSignal,
  judgeSignal,
  muteSuch,
  turnIntoRequirement,
  unmute,
} from '#server/signals/commands/judge'
import { addSource, changeSource, rotateSource, setPolicy } from '#server/signals/commands/sources'
import { sendTestDelivery } from '#server/signals/commands/test-delivery'
import {
  addSourceInput,
  changeSourceInput,
  closeInput,
  correctInput,
  judgeInput,
  oneSignalInput,
  oneSourceInput,
  policyInput,
  rotateSourceInput,
  signalFilter,
  turnInput,
  unmuteInput,
} from '#server/signals/model'
import { countUrgent, findSignal, listSignals, listSources, signalSettings } from '#server/signals/queries'
import { router } from '../init'
import { permitted } from '../procedures'

const ofProject = z.object({ projectId: z.uuid() })

export const signalsRouter = router({
  list: permitted('signal.read')
    .input(signalFilter)
    .query(({ ctx, input }) => listSignals(ctx.scope, input)),
  one: permitted('signal.read')
    .input(oneSignalInput)
    .query(({ ctx, input }) => findSignal(ctx.scope, input.signalId)),
  urgent: permitted('signal.read')
    .input(ofProject)
    .query(({ ctx, input }) => countUrgent(ctx.scope, input.projectId)),
  settings: permitted('signal.read')
    .input(ofProject)
    .query(({ ctx, input }) => signalSettings(ctx.scope, input.projectId)),
  sources: permitted('signal.read')
    .input(ofProject)
    .query(({ ctx, input }) => listSources(ctx.scope, input.projectId)),

  judge: permitted('signal.judge')
    .input(judgeInput)
    .mutation(({ ctx, input }) => judgeSignal(ctx.scope, input)),
  correct: permitted('signal.judge')
    .input(correctInput)
    .mutation(({ ctx, input }) => correctSignal(ctx.scope, input)),
  close: permitted('signal.judge')
    .input(closeInput)
    .mutation(({ ctx, input }) => dismissSignal(ctx.scope, input)),
  muteSuch: permitted('signal.judge')
    .input(oneSignalInput)
    .mutation(({ ctx, input }) => muteSuch(ctx.scope, input)),
  unmute: permitted('signal.judge')
    .input(unmuteInput)
    .mutation(({ ctx, input }) => unmute(ctx.scope, input)),
  turnIntoRequirement: permitted('requirement.submit')
    .input(turnInput)
    .mutation(({ ctx, input }) => turnIntoRequirement(ctx.scope, input)),

  addSource: permitted('signal.configure')
    .input(addSourceInput)
    .mutation(({ ctx, input }) => addSource(ctx.scope, input)),
  changeSource: permitted('signal.configure')
    .input(changeSourceInput)
    .mutation(({ ctx, input }) => changeSource(ctx.scope, input)),
  rotateSource: permitted('signal.configure')
    .input(rotateSourceInput)
    .mutation(({ ctx, input }) => rotateSource(ctx.scope, input)),
  testSource: permitted('signal.configure')
    .input(oneSourceInput)
    .mutation(({ ctx, input }) => sendTestDelivery(ctx.scope, input.sourceId)),
  setPolicy: permitted('signal.configure')
    .input(policyInput)
    .mutation(({ ctx, input }) => setPolicy(ctx.scope, input)),
})

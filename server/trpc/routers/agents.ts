import { z } from 'zod'
import { changeAgent, changeAgentInput, createAgent, createAgentInput, setAgentEnabled } from '#server/agents/commands'
import { findAgent, listAgents } from '#server/agents/queries'
import { router } from '../init'
import { permitted } from '../procedures'

const which = z.object({ agentId: z.uuid() })

export const agentsRouter = router({
  list: permitted('agent.read').query(({ ctx }) => listAgents(ctx.scope)),
  byId: permitted('agent.read')
    .input(which)
    .query(({ ctx, input }) => findAgent(ctx.scope, input.agentId)),
  create: permitted('agent.change')
    .input(createAgentInput)
    .mutation(({ ctx, input }) => createAgent(ctx.scope, input)),
  change: permitted('agent.change')
    .input(changeAgentInput)
    .mutation(({ ctx, input }) => changeAgent(ctx.scope, input)),
  enable: permitted('agent.change')
    .input(which)
    .mutation(({ ctx, input }) => setAgentEnabled(ctx.scope, input.agentId, true)),
  disable: permitted('agent.change')
    .input(which)
    .mutation(({ ctx, input }) => setAgentEnabled(ctx.scope, input.agentId, false)),
})

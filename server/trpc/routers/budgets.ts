import { z } from 'zod'
import {
  organizationLimit,
  organizationLimitInput,
  providerLimitInput,
  providerStates,
  setOrganizationLimit,
  setProviderLimit,
} from '#server/agents/limits'
import { changeBudget, removeModelPrice, setModelPrice } from '#server/budgets/commands'
import { budgetOwnerInput, changeBudgetInput, modelPriceInput } from '#server/budgets/model'
import { budgetOf, modelPrices } from '#server/budgets/queries'
import { router } from '../init'
import { permitted } from '../procedures'

export const budgetsRouter = router({
  of: permitted('budget.read')
    .input(budgetOwnerInput)
    .query(({ ctx, input }) => budgetOf(ctx.scope, input)),
  change: permitted('budget.change')
    .input(changeBudgetInput)
    .mutation(({ ctx, input }) => changeBudget(ctx.scope, input)),
  prices: permitted('budget.read').query(({ ctx }) => modelPrices(ctx.scope)),
  setPrice: permitted('budget.change')
    .input(modelPriceInput)
    .mutation(({ ctx, input }) => setModelPrice(ctx.scope, input)),
  removePrice: permitted('budget.change')
    .input(z.object({ model: z.string().max(120) }))
    .mutation(({ ctx, input }) => removeModelPrice(ctx.scope, input.model)),
  providers: permitted('budget.read').query(({ ctx }) => providerStates(ctx.scope)),
  limitProvider: permitted('budget.change')
    .input(providerLimitInput)
    .mutation(({ ctx, input }) => setProviderLimit(ctx.scope, input)),
  organizationLimit: permitted('budget.read').query(({ ctx }) => organizationLimit(ctx.scope)),
  limitOrganization: permitted('budget.change')
    .input(organizationLimitInput)
    .mutation(({ ctx, input }) => setOrganizationLimit(ctx.scope, input)),
})

import type { AgentRole, Capability, ConnectorName, Provider } from '#server/agents/model'

interface DefaultAgent {
  name: string
  role: AgentRole
  capabilities: Capability[]
  connector: ConnectorName
  provider: Provider
  model: string
  instructions: string
}

/** The agents an organization begins with. They are rows like any other: an admin changes or replaces them. */
export const defaultAgents: readonly DefaultAgent[] = [
  {
    name: 'Analyst',
    role: 'analyst',
    capabilities: ['analysis'],
    connector: 'anthropic',
    provider: 'anthropic',
    model: 'claude-opus-5-5',
    instructions:
      'You analyse requirements, design the system and name the risks. Prefer few, clearly separated tasks that can be proven by commands. Ask when a choice would be expensive to undo.',
  },
  {
    name: 'Implementer',
    role: 'implementer',
    capabilities: ['code'],
    connector: 'openai',
    provider: 'openai',
    model: 'gpt-6.1-sol',
    instructions:
      'You write the code a task asks for, with tests that would fail without it. Change only the files the task owns. Keep it simple and readable.',
  },
  {
    name: 'Validator',
    role: 'validator',
    capabilities: ['validation'],
    connector: 'anthropic',
    provider: 'anthropic',
    model: 'claude-sonnet-5-5',
    instructions:
      'You review work you did not write. Doubt it: look for statements that are not met, tests that prove nothing, unsafe input, and secrets. Approve only what the evidence shows, and say exactly what has to change.',
  },
  {
    name: 'Integrator',
    role: 'integrator',
    capabilities: ['integration'],
    connector: 'anthropic',
    provider: 'anthropic',
    model: 'claude-sonnet-5-5',
    instructions:
      'You prepare deployment files, continuous integration and the environment of the project as files in its workspace. You do not deploy anything and have no access to other systems.',
  },
  {
    name: 'Reasoner',
    role: 'reasoner',
    capabilities: ['reasoning', 'code', 'validation'],
    connector: 'compatible',
    provider: 'deepseek',
    model: 'deepseek-v4-pro',
    instructions:
      'You solve hard algorithmic tasks: state the complexity, find the bottleneck, and prefer a provably right solution over a clever one.',
  },
]

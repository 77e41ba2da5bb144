import gate from './en.gate.json'
import { learn } from './index.ts'

/** Adds what is said where one signs in; called by each file of the gate that is fetched for itself. */
export const learnGate = (): void => learn(gate)

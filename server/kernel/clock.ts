/** Where rules get the time from: handed in, never read from the machine, so that a test can say what time it is. */
export type Clock = () => Date

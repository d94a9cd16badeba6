/** On which versions of Node this runs: the least of `engines` in package.json, said before anything fails in its own words. */

const [leastMajor, leastMinor] = [24, 12]

/** What is wrong with a version (`20.20.2`), or nothing. */
export function nodeFault(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) return undefined
  return `expected Node ${leastMajor}.${leastMinor} or newer, got ${version}; \`npm install node@${leastMajor}\` brings one into a project`
}

/** The provider that the settings name; each is loaded where it is used. */

import { environmentSecrets } from './environment.ts'
import { fileSecrets } from './file.ts'
import type { Provider } from './secrets.ts'
import type { SecretSettings } from './settings.ts'

export async function openProvider(settings: SecretSettings): Promise<Provider> {
  if (settings.provider === 'env') return environmentSecrets(process.env)
  if (settings.provider === 'file') return fileSecrets(settings.dir)
  const { AwsSecrets } = await import('./aws/aws.ts')
  return new AwsSecrets(settings)
}

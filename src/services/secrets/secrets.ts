/** Where `${secret:NAME}` is read from. */

import { environmentSecrets } from './environment.ts'
import { fileSecrets } from './file.ts'

export interface Secrets {
  /** The secret of this name; rejects with a sentence that never holds a secret. */
  read(name: string): Promise<string>
}

/** The provider that the settings name. */
export const openSecrets = ({ provider, dir }: { readonly provider: 'env' | 'file'; readonly dir: string }): Secrets =>
  provider === 'file' ? fileSecrets(dir) : environmentSecrets(process.env)

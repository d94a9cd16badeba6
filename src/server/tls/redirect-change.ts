/** What somebody does who needs another address for those who come in clear. */
export const redirectChange = (name: 'host' | 'port'): string =>
  `write another \`settings.listen.${name === 'port' ? 'redirectFrom' : name}\``

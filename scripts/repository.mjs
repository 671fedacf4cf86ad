/** The address of the repository that package.json names, as a page: https://github.com/OWNER/NAME. */
export function addressOf({ repository }) {
  return repository.url.replace(/^git\+/, '').replace(/\.git$/, '');
}

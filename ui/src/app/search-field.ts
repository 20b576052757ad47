/** `/` goes to the search field of the page, or to the list of hosts where there is none. */
export const searchFieldId = 'page-search';

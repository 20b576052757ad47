/** One door to the API's types: everything else imports from here, whatever generates them. */
export type * from './contract';

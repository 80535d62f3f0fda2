/** The error that the promise rejects with; fails where it is fulfilled. */
export async function rejection(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error) return error;
    throw new Error('rejected with something that is no error', { cause: error });
  }
  throw new Error('the promise was fulfilled');
}

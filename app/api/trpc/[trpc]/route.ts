export { handler as GET, handler as POST } from '#server/trpc/handler'

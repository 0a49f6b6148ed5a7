export { handler as GET, handler as POST } from '#server/rest/handler'

export { handler as GET, handler as POST } from '#server/auth/handler'
